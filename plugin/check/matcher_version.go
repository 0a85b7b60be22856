package check

import (
	"fmt"

	"github.com/blang/semver/v4"
)

// matchVersions wants each version in the range, and tells of the first that
// is not.
func matchVersions(m Matcher, v any) (verdict, error) {
	in, err := semver.ParseRange(m.wanted())
	if err != nil {
		return verdict{}, err
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	if len(items) == 0 {
		return verdict{}, fmt.Errorf("there is no version")
	}
	for _, item := range items {
		written, _ := item.(string)
		version, err := semver.Parse(written)
		if err != nil {
			return verdict{}, fmt.Errorf("%s is no version of the form 1.2.3", show(item))
		}
		if !in(version) {
			return verdict{found: show(item)}, nil
		}
	}
	return verdict{ok: true}, nil
}
