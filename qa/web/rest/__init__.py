"""REST and MCP: what the page does, for programs."""
