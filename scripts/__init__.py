"""Set-up and the main job. Never imported by the product."""
