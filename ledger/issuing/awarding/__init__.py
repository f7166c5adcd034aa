"""Awards: who has earned one by a pathway, what it rests on, and what becomes of it when that falls."""
