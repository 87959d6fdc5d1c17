"""Measures the product on questions with known answers. Nothing else imports it."""
