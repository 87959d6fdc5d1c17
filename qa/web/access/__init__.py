"""Who is let in, before any route: the decision by role, and the page to log in on."""
