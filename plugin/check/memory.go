package check

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// memory is the directory in which the agent remembers.
type memory string

// What is remembered, each in a file of its own: one question writes it.
const (
	bootMemory      = "boot"
	treeMemory      = "tree"
	installedMemory = "installed"
	servicesMemory  = "services"
	editedMemory    = "edited"
)

// booted is what Boot remembers.
type booted struct {
	// Failed units that no package under test is to blame for.
	Failed []string
	At     time.Time
}

// shipped is what Installed remembers.
type shipped struct{ Files, Executables []string }

// served is what Services remembers.
type served struct {
	Units map[string]unit
	Ports []port
	At    time.Time
}

// save replaces what was remembered under a name.
func (m memory) save(name string, v any) error {
	if err := os.MkdirAll(string(m), 0o700); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	f, err := os.Create(m.path(name))
	if err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed) // a valid level never fails
	if err := errors.Join(json.NewEncoder(z).Encode(v), z.Close(), f.Close()); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	return nil
}

// load reads it back; found is false when nothing was remembered.
func (m memory) load(name string, v any) (found bool, err error) {
	f, err := os.Open(m.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("recall %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // read only
	z, err := gzip.NewReader(f)
	if err != nil {
		return false, fmt.Errorf("recall %s: %w", name, err)
	}
	if err := json.NewDecoder(z).Decode(v); err != nil {
		return false, fmt.Errorf("recall %s: %w", name, err)
	}
	return true, nil
}

func (m memory) path(name string) string {
	return filepath.Join(string(m), name+".json.gz")
}
