"""The frame of every HTML page: layout, charts, pictures, tables; knows no suite."""
