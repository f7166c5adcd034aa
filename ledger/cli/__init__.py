"""The `cairn` command: thin, one file for each group of commands; heavy imports happen inside the command that runs."""
