package settings

import (
	"fmt"

	"github.com/agnivade/levenshtein"
)

// didYouMean is the nearest of some words, as the end of a sentence.
func didYouMean(found string, words []string) string {
	best := nearest(found, words)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// nearest is the word that a few edits make of another; empty if all are far.
func nearest(found string, words []string) string {
	best, distance := "", max(3, len(found)/2+1)
	for _, w := range words {
		if n := levenshtein.ComputeDistance(found, w); n < distance {
			best, distance = w, n
		}
	}
	return best
}
