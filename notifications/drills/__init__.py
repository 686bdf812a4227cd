"""Drills by plan: each month one in each region that has a plan, by every way, with a result that is kept."""
