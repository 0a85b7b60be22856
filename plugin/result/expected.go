package result

import (
	"encoding/json"
	"fmt"
	"io"
)

// ExpectedSchema is the version of Expected's shape. Fields are added within a
// version.
const ExpectedSchema = 1

// Expected is what a run is expected to do before any of it is done, and how it
// is split over machines: what plan --format json prints, and report merge holds
// against what came back.
type Expected struct {
	// Schema is the version of this file's shape.
	Schema int `json:"schema"`
	// Version of drone-packages.
	Version string `json:"version"`
	// ID of the run, four to eight characters of [a-z0-9].
	ID     string `json:"id"`
	Source Source `json:"source"`
	// Shards are the parts that machines can do by themselves, in the plan's
	// order.
	Shards []Shard `json:"shards"`
	// Jobs in the plan's order, each in at least one shard.
	Jobs []Planned `json:"jobs"`
}

// Shard is one part of a run: what one asked-for distro takes, with what is
// tested on others and every platform.
type Shard struct {
	// Distro is what the setting distros is to be for it.
	Distro string `json:"distro"`
	// Jobs by name. What several shards need, such as the machine of a distro
	// that two are tested on, each of them does for itself.
	Jobs []string `json:"jobs"`
}

// Planned is what of a Job is known before it is done.
type Planned struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Distro   string `json:"distro"`
	BuiltFor string `json:"built_for,omitempty"`
	Package  string `json:"package,omitempty"`
	Platform string `json:"platform"`
}

// ended is the job with an end that it did not come to by itself.
func (p Planned) ended(o Outcome, reason string) Job {
	return Job{
		Name: p.Name, Kind: p.Kind, Distro: p.Distro, BuiltFor: p.BuiltFor, Package: p.Package, Platform: p.Platform,
		Outcome: o, Reason: reason,
	}
}

// ReadExpected reads what WriteExpected wrote.
func ReadExpected(r io.Reader) (Expected, error) {
	var e Expected
	if err := json.NewDecoder(r).Decode(&e); err != nil {
		return e, fmt.Errorf("not what plan --format json prints: %w", err)
	}
	if e.Schema != ExpectedSchema {
		return e, fmt.Errorf("a plan of schema %d: this program reads %d", e.Schema, ExpectedSchema)
	}
	return e, nil
}

// WriteExpected writes it as JSON.
func WriteExpected(w io.Writer, e Expected) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(e)
}
