"""The relay over HTTP: it takes what operators signed, and pays for it within their issuers' budgets."""
