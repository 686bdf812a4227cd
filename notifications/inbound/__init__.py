"""What comes in from gateways: receipts, SMS that answer a notice, keys pressed during a call."""
