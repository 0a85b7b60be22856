package check

import "strconv"

// didYouMean is the nearest of some words, as the end of a sentence; empty
// when none is near.
func didYouMean(found string, words []string) string {
	best, distance := "", max(3, len(found)/2+1)
	for _, w := range words {
		if n := edits(clip(found, shownItem), w); n < distance {
			best, distance = w, n
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + strconv.Quote(best) + "?"
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
