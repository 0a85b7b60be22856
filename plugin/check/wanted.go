package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// saysSo is the reason of what the user wants otherwise than is usual.
const saysSo = "test.expect says so"

// asWanted puts what the user wants of a unit in the place of what is usual.
func (a *agent) asWanted(checks []result.Check, w watch, was unit, known bool) []result.Check {
	want, ok := a.Units[w.Name]
	if !ok || w.LoadState != "loaded" {
		return checks
	}
	checks = slices.DeleteFunc(checks, func(c result.Check) bool {
		return c.Attribute == "enabled" && want.Enabled != "" || c.Attribute == "active" && want.Active != ""
	})
	if want.Enabled != "" {
		enabled := want.Enabled == "enabled" || want.Enabled == "kept" && was.enabled()
		checks = append(checks, w.so("enabled", words(enabled, "enabled", "disabled"), w.FileState, w.enabled() == enabled, want.Enabled == "kept" && !known))
	}
	if want.Active != "" {
		active := want.Active == "active" || want.Active == "kept" && was.ActiveState == "active"
		checks = append(checks, w.so("active", words(active, "active", "inactive"), w.found(), w.works() == active, want.Active == "kept" && !known))
	}
	if want.Restarted != "" {
		anew := want.Restarted == "true"
		expected := fmt.Sprintf(words(anew, "another main pid than %d", "main pid %d, as before"), was.MainPID)
		checks = append(checks, w.so("restarted", expected, fmt.Sprintf("main pid %d", w.MainPID), (w.MainPID != was.MainPID) == anew, !known || was.MainPID == 0))
	}
	return checks
}

// so is a check of what the user wants; it is skipped where nothing was
// before that could be kept.
func (w watch) so(attribute, expected, found string, holds, nothing bool) result.Check {
	c := result.Check{Kind: w.kind(), Subject: w.Name, Attribute: attribute, Outcome: result.Passed, Expected: expected, Found: found, Reason: saysSo}
	if nothing {
		return skipped(w.Name, attribute, saysSo+", and it did not run before: there is nothing to compare with")
	}
	if !holds {
		c.Outcome = result.Failed
	}
	return c
}

func words(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

// strangers are units that the user wants something of and nobody ships.
func (a *agent) strangers(shipped []shippedUnit) {
	var names []string
	for _, s := range shipped {
		names = append(names, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Units)) {
		if !slices.Contains(names, name) {
			a.check(failed("service", name, "shipped", "a unit of the packages", "no such unit", saysSo+"; the packages ship: "+orNone(names)))
		}
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
