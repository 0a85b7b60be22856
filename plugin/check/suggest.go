package check

import (
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// didYouMean is the nearest of some words, as the end of a sentence, or all of
// them when none is near.
func didYouMean(found string, words []string) string {
	best, distance := "", max(3, len(found)/2+1)
	for _, w := range words {
		if n := levenshtein.ComputeDistance(clip(found, shownItem), w); n < distance {
			best, distance = w, n
		}
	}
	if best == "" {
		return ", wanted one of " + strings.Join(words, ", ")
	}
	return ": did you mean " + strconv.Quote(best) + "?"
}
