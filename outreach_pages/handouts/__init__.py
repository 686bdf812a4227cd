"""What people take home on paper: a leaflet, a folded card, a poster. Made when asked for, kept nowhere."""
