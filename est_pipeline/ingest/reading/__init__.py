"""From bytes to rows of text: the encoding, the shape of the table, the sheet of a workbook."""
