"""Who may do what: accounts with roles, sessions of a browser, tokens of a program."""
