"""From text to values: times, coordinates, codes; every fault of a row in one go."""
