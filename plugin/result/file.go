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

// Write writes a results.json.
func Write(w io.Writer, run Run) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(run)
}
