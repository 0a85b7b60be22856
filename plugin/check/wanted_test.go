package check

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// What somebody wants of a unit takes the place of what is usual, and says so.
func TestWantedOfAUnit(t *testing.T) {
	const so = " | why test.expect says so"
	disabled := func(u unit) unit { return with(u, func(u *unit) { u.FileState = "disabled" }) }
	usual := []string{isLoaded, isEnabled + "", "passed service a.service active | want active | found active (running), pid 7"}
	for name, c := range map[string]struct {
		want   Wanted
		before *unit
		now    unit
		says   []string
	}{
		"nothing": {Wanted{}, nil, runs(7), usual},
		"enabled, and it is not": {Wanted{Enabled: "enabled"}, nil, disabled(runs(7)), []string{isLoaded, usual[2],
			"failed service a.service enabled | want enabled | found disabled" + so}},
		"disabled, and it is": {Wanted{Enabled: "disabled"}, nil, disabled(runs(7)), []string{isLoaded, usual[2],
			"passed service a.service enabled | want disabled | found disabled" + so}},
		"kept, and nothing was": {Wanted{Enabled: "kept"}, nil, runs(7), []string{isLoaded, usual[2],
			"skipped service a.service enabled | why test.expect says so, and it did not run before: there is nothing to compare with"}},
		"inactive, and it runs": {Wanted{Active: "inactive"}, nil, runs(7), []string{isLoaded, isEnabled,
			"failed service a.service active | want inactive | found active (running), pid 7" + so}},
		"inactive, and it is": {Wanted{Active: "inactive"}, nil, in("inactive", "dead"), []string{isLoaded, isEnabled,
			"passed service a.service active | want inactive | found inactive (dead)" + so}},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, said := asking(t, Request{Question: Services, Packages: []Package{{Name: "a"}}, Units: map[string]Wanted{"a.service": c.want}},
				servedMachine(t), &fakeInit{units: map[string][]unit{"a.service": {c.now}}})
			if err := a.services(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.says, *said); d != "" {
				t.Errorf("%s: want (-), got (+):\n%s", name, d)
			}
		})
	}
}

func TestWhetherAUnitIsRestarted(t *testing.T) {
	for name, c := range map[string]struct {
		restarted string
		now       unit
		says      string
	}{
		"it was not to be, and was": {"false", runs(8), "failed service a.service restarted | want main pid 7, as before | found main pid 8 | why test.expect says so"},
		"it was not to be":          {"false", runs(7), "passed service a.service restarted | want main pid 7, as before | found main pid 7 | why test.expect says so"},
		"it was to be":              {"true", runs(8), "passed service a.service restarted | want another main pid than 7 | found main pid 8 | why test.expect says so"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, said := asking(t, Request{Question: Services, Expect: Upgraded, Packages: []Package{{Name: "a"}}, Units: map[string]Wanted{"a.service": {Restarted: c.restarted}}},
				servedMachine(t), &fakeInit{units: map[string][]unit{"a.service": {c.now}}})
			if err := a.memory.save(servicesMemory, served{Units: map[string]unit{"a.service": runs(7)}}); err != nil {
				t.Fatal(err)
			}
			if err := a.services(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := (*said)[len(*said)-1]; got != c.says {
				t.Errorf("%s\ngot  %s\nwant %s\n%q", name, got, c.says, *said)
			}
			for _, line := range (*said)[:len(*said)-1] {
				if line[:6] == "failed" {
					t.Errorf("%s: the usual is asked as well: %s", name, line)
				}
			}
		})
	}
}

func TestAWishForAUnitThatNobodyShips(t *testing.T) {
	a, said := asking(t, Request{Units: map[string]Wanted{"b.service": {Active: "active"}}}, servedMachine(t), nil)
	a.strangers([]shippedUnit{{Name: "a.service"}})
	a.strangers(nil)
	const so = "failed service b.service shipped | want a unit of the packages | found no such unit | why test.expect says so; the packages ship: "
	if d := cmp.Diff([]string{so + "a.service", so + "none"}, *said); d != "" {
		t.Error(d)
	}
}
