-- Notes on which basis the rows without a place were looked up again. Gives no result.
INSERT INTO placing_basis (known_at, basis) VALUES ($known_at, $basis);
