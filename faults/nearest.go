package faults

// Nearest returns the candidate that word was probably meant to be: at most
// a third of its letters wrong, missing or too many.
func Nearest(word string, candidates []string) (string, bool) {
	if len(word) > 40 {
		return "", false
	}
	best, found := "", false
	least := len(word)/3 + 1
	for _, c := range candidates {
		if d := distance(word, c); d < least {
			best, least, found = c, d, true
		}
	}
	return best, found
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
