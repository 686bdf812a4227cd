"""The part of the field API that phones use which store: /api/field/v1/device… and sealed-… (docs/devices.md)."""
