"""Work that outlives the process that began it: what was asked for, who carries it, and how it is taken up again."""
