package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/pkg/jsonmessage"
)

// follow reads the daemon's messages to their end, which has to be done for
// its work to be done. Their error comes inside the stream, under status 200.
func follow(stream io.Reader, progress func(done, total int64)) error {
	coming := layers{}
	messages := json.NewDecoder(stream)
	for {
		var m jsonmessage.JSONMessage
		err := messages.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the daemon's messages: %w", err)
		}
		if m.Error != nil {
			return m.Error
		}
		if coming.note(m) && progress != nil {
			progress(coming.sum())
		}
	}
}

// layers are those that are being fetched, by their ids.
type layers map[string]layer

// layer is how many bytes of it have come, of how many.
type layer struct{ done, total int64 }

// note keeps the books of layers, and says whether a message told of one. Of
// those that wait for others the daemon does not tell how large they are.
func (l layers) note(m jsonmessage.JSONMessage) bool {
	switch m.Status {
	case "Downloading":
		if m.Progress == nil || m.Progress.Current <= 0 {
			return false
		}
		l[m.ID] = layer{m.Progress.Current, max(m.Progress.Current, m.Progress.Total)}
		return true
	case "Verifying Checksum", "Download complete":
		of, known := l[m.ID]
		l[m.ID] = layer{of.total, of.total}
		return known
	}
	return false
}

func (l layers) sum() (done, total int64) {
	for _, of := range l {
		done, total = done+of.done, total+of.total
	}
	return done, total
}
