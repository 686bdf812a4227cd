"""How public pages reach readers: forms without cookies, whole pages kept, files, what a phone may keep."""
