package host

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/result"
)

// cardSchema is where Drone's server finds the template of the card:
// docs/card.json of this repository.
const cardSchema = "https://drone-packages.github.io/drone-packages/card.json"

// How a card comes through a log (runner-go's livelog/extractor): a chunk that
// begins so is taken out of it, to a chunk that holds the end. Docker makes
// chunks of 16 KiB, so a card has to fit in one.
const (
	cardBegin = "\x1b]1338;"
	cardEnd   = "\x1b]0m\n"
	chunk     = 16 << 10
)

// card is what the template shows.
type card struct {
	Title    string    `json:"title"`
	Outcome  string    `json:"outcome"`
	Colour   string    `json:"colour"`
	Time     string    `json:"time"`
	Version  string    `json:"version"`
	Packages int       `json:"packages"`
	Link     string    `json:"link"`
	Distros  []cardRow `json:"distros"`
	More     string    `json:"more"`
}

// cardRow is one distro.
type cardRow struct {
	Name   string `json:"name"`
	Mark   string `json:"mark"`
	Colour string `json:"colour"`
	Text   string `json:"text"`
}

// looks of outcomes: a mark, and a colour of Adaptive Cards.
var looks = map[result.Outcome]struct{ mark, colour string }{
	result.Passed:    {"✓", "good"},
	result.Failed:    {"✗", "attention"},
	result.Fault:     {"⚡", "warning"},
	result.Skipped:   {"○", "default"},
	result.Cancelled: {"–", "default"},
}

// Most of what a card shows: rows, and bytes of a text.
const (
	mostRows = 20
	rowText  = 120
)

func cardOf(run result.Run, link string) card {
	c := card{
		Title: "drone-packages", Outcome: string(run.Outcome), Colour: looks[run.Outcome].colour,
		Time: run.Duration.Duration().Round(1e9).String(), Version: cmp.Or(versionOf(run), "–"),
		Packages: len(run.Packages), Link: link, Distros: []cardRow{},
	}
	rows := rowsOf(run)
	for _, r := range rows[:min(len(rows), mostRows)] {
		look := looks[r.outcome]
		c.Distros = append(c.Distros, cardRow{clipped(r.name), look.mark, look.colour, clipped(r.text)})
	}
	if more := len(rows) - len(c.Distros); more > 0 {
		c.More = fmt.Sprintf("and %d more", more)
	}
	return c
}

func clipped(s string) string {
	s = oneLine(s)
	if len(s) <= rowText {
		return s
	}
	return strings.ToValidUTF8(s[:rowText], "") + "…"
}

// row is how one distro did.
type row struct {
	name    string
	outcome result.Outcome
	text    string
}

// rowsOf are the distros of a run, in its order, each with the most telling of
// its jobs' ends and what that says.
func rowsOf(run result.Run) []row {
	at := map[string]int{}
	var rows []row
	for _, j := range run.Jobs {
		i, known := at[j.Distro]
		if !known {
			i = len(rows)
			at[j.Distro] = i
			rows = append(rows, row{name: j.Distro, outcome: j.Outcome})
		}
		if known && result.Worst(rows[i].outcome, j.Outcome) != rows[i].outcome || !known {
			rows[i].outcome, rows[i].text = j.Outcome, j.Reason
		}
	}
	return rows
}

// payload is a card as Drone's server takes it.
func payload(run result.Run, link string) ([]byte, error) {
	return json.Marshal(map[string]any{"schema": cardSchema, "data": cardOf(run, link)})
}

// sequence is a payload as it goes through a log: one write, one chunk.
func sequence(payload []byte) ([]byte, error) {
	text := cardBegin + base64.StdEncoding.EncodeToString(payload) + cardEnd
	if len(text) > chunk {
		return nil, fmt.Errorf("the card has %d bytes, %d are the most", len(text), chunk)
	}
	return []byte(text), nil
}
