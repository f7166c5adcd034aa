"""Both ends of sponsorship: handing signed acts to somebody who pays, and a relay that submits them within budgets."""
