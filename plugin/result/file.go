package result

import (
	"encoding/json"
	"fmt"
	"io"
)

// Read reads a results.json.
func Read(r io.Reader) (Run, error) {
	var run Run
	if err := json.NewDecoder(r).Decode(&run); err != nil {
		return run, fmt.Errorf("not a results.json: %w", err)
	}
	if run.Schema != Schema {
		return run, fmt.Errorf("results.json of schema %d: this program reads %d", run.Schema, Schema)
	}
	return run, nil
}

// Write writes a results.json. Where no job was planned it says so by an empty
// list.
func Write(w io.Writer, run Run) error {
	if run.Jobs == nil {
		run.Jobs = []Job{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(run)
}
