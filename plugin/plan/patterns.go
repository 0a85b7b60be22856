package plan

import (
	"errors"
	"path"
	"slices"

	"github.com/drone-packages/drone-packages/distros"
)

// checkPatterns refuses names and patterns of distros that mean none there is:
// what is set by them would be passed over.
func checkPatterns(in Input) error {
	known := slices.Concat(in.Catalogue, in.Distros)
	named := map[string][]string{
		"images":        sortedKeys(in.Settings.Images),
		"mirror":        sortedKeys(in.Settings.Mirror),
		"init":          sortedKeys(in.Settings.Init),
		"test.skip":     in.Settings.Test.Skip,
		"test.distros":  sortedKeys(in.Settings.Test.Distros),
		"test.check_on": sortedKeys(in.Settings.Test.CheckOn),
	}
	var errs []error
	for _, setting := range sortedKeys(named) {
		for _, pattern := range named[setting] {
			if !slices.ContainsFunc(known, func(d distros.Distro) bool { return matches(pattern, d) }) {
				errs = append(errs, distros.Unknown(setting, known, pattern))
			}
		}
	}
	return errors.Join(errs...)
}

// matches says whether a pattern of the user's means a distro: by its name,
// an alias, or as a pattern.
func matches(pattern string, d distros.Distro) bool {
	ok, err := path.Match(pattern, d.Name)
	return pattern == d.Name || slices.Contains(d.Aliases, pattern) || err == nil && ok
}
