"""MAIL. Compose mails, and hand them to a mail server; the only user of aiosmtplib."""
