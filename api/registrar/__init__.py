"""Pages on which an institution's registrars issue: from a file to credentials that learners have."""
