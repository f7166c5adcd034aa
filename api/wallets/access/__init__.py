"""Ways into a wallet: links by e-mail, sessions, passkeys, accounts, recovery codes; and two wallets made one."""
