"""Bytes and values of credentials, records and DIDs. Pure: no network, no clock, no database."""
