"""Printed papers to take home: a leaflet, a folded card, a poster. Made on request, stored nowhere."""
