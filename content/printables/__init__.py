"""Papers for everybody, to print at home: made anew when asked for, with the telephone lines of that moment."""
