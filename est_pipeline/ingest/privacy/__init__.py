"""Direct personal data in text: what each sort looks like, and how it is masked."""
