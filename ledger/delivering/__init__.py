"""Telling others: events of issuing become notifications, each handed over under one id until somebody has it."""
