package source_test

import (
	"os/exec"
	"testing"

	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestVersion(t *testing.T) {
	for revision, want := range map[string]string{
		// TAG-COMMITS-gHASH[-dirty]
		"v1.4.0-0-g81cd2ee":                "1.4.0",
		"1.4.0-0-g81cd2ee":                 "1.4.0",
		"V1.4-0-g81cd2ee":                  "1.4",
		"v1.4.0-3-g81cd2ee":                "1.4.0+3.g81cd2ee",
		"v1.4.0-0-g81cd2ee-dirty":          "1.4.0+0.g81cd2ee.dirty",
		"v1.4.0-3-g81cd2ee-dirty":          "1.4.0+3.g81cd2ee.dirty",
		"v2.0-rc1-0-g81cd2ee":              "2.0~rc1",
		"v2.0-rc1-2-g81cd2ee":              "2.0~rc1+2.g81cd2ee",
		"v2.0-rc.1-0-g81cd2ee":             "2.0~rc.1",
		"v2.0rc1-0-g81cd2ee":               "2.0~rc1",
		"v2.0.rc1-0-g81cd2ee":              "2.0~rc1",
		"2.0b2-0-g81cd2ee":                 "2.0~b2",
		"1.1.1b-0-g81cd2ee":                "1.1.1b",
		"v1.4.0-1-0-g81cd2ee":              "1.4.0.1",
		"v1.4.0+build5-0-g81cd2ee":         "1.4.0+build5",
		"v1_4_0-0-g81cd2ee":                "1.4.0",
		"1.4.0_rc1-0-g81cd2ee":             "1.4.0~rc1",
		"20240115-0-g81cd2ee":              "20240115",
		"v2024-01-15-0-g81cd2ee":           "2024.01.15",
		"debian/1.4.0-1-0-g81cd2ee":        "1.4.0.1",
		"release/2024/v1.4-2-g81cd2ee":     "1.4+2.g81cd2ee",
		"release-1.4-0-g81cd2ee":           "1.4",
		"greeter-1.4.0-beta-0-g81cd2ee":    "1.4.0~beta",
		"python3-greeter_v1.4-0-g81cd2ee":  "1.4",
		"@scope/greeter@1.4.0-0-g81cd2ee":  "1.4.0",
		"v1.0é-0-g81cd2ee":                 "1.0",
		"v1.0=x,y-0-g81cd2ee":              "1.0.x.y",
		"v1.4.0-0-g81cd2ee-1-g81cd2ee":     "1.4.0.0~g81cd2ee+1.g81cd2ee",
		"v1-0-g81cd2ee0f1b2c3d4e5f6a7b8c9": "1",

		// No tag, or none with a number.
		"81cd2ee":                 "0+g81cd2ee untagged",
		"81cd2ee-dirty":           "0+g81cd2ee.dirty untagged",
		"1234567":                 "0+g1234567 untagged",
		"nightly-0-g81cd2ee":      "0+g81cd2ee untagged",
		"nightly-7-g81cd2ee":      "0+g81cd2ee untagged",
		"rel1.2-7-g81cd2ee-dirty": "0+g81cd2ee.dirty untagged",
	} {
		got, tagged := source.Version(revision)
		if !tagged {
			got += " untagged"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", revision, got, want)
		}
		validate(t, revision)
	}
}

// validate wants dpkg to take the version of a revision.
func validate(t *testing.T, revision string) {
	t.Helper()
	version, _ := source.Version(revision)
	if _, err := exec.LookPath("dpkg"); err != nil {
		return
	}
	if out, err := exec.Command("dpkg", "--validate-version", version).CombinedOutput(); err != nil {
		t.Errorf("%s: dpkg does not take %s: %s", revision, version, out)
	}
}

// As history goes on, versions go up.
func TestVersionsSortAsTheyCame(t *testing.T) {
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("no dpkg here to ask")
	}
	history := []string{
		"ffffff0",
		"v0.9-0-gfffffff",
		"v1.4.0-alpha-0-gfffffff",
		"v1.4.0-rc1-0-gfffffff",
		"v1.4.0-rc1-12-gaaaaaaa",
		"v1.4.0-rc2-0-g0000000",
		"v1.4.0-rc10-0-g0000000",
		"v1.4.0-0-gfffffff",
		"v1.4.0-0-gfffffff-dirty",
		"v1.4.0-1-gfffffff",
		"v1.4.0-1-gfffffff-dirty",
		"v1.4.0-2-gaaaaaaa",
		"v1.4.0-10-g0000000",
		"v1.4.0-1-0-gfffffff",
		"v1.4.1rc1-0-gfffffff",
		"v1.4.1-0-gfffffff",
		"release-1.10-0-gfffffff",
		"v2024-01-15-0-gfffffff",
		"v2024-02-01-0-gfffffff",
		"20240301-0-gfffffff",
	}
	for i := 1; i < len(history); i++ {
		before, _ := source.Version(history[i-1])
		after, _ := source.Version(history[i])
		if err := exec.Command("dpkg", "--compare-versions", before, "lt", after).Run(); err != nil {
			t.Errorf("%s (%s) does not sort before %s (%s)", before, history[i-1], after, history[i])
		}
	}
}
