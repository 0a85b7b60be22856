package report

import (
	"fmt"
	"strconv"
	"strings"
)

// longestLogLine is how many bytes of a log's line are shown.
const longestLogLine = 4 << 10

// runs cuts a line that a terminal would colour into pieces of one look each,
// as pairs of class names and text: "" and "plain", "f1 b" and "red and bold".
// What moves the cursor is left out; of what was overwritten the last remains.
func runs(line string) []string {
	line = strings.TrimRight(line, "\r")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	var all []string
	var look look
	add := func(text string) {
		if text = strings.Map(visible, text); text != "" {
			all = append(all, look.class(), text)
		}
	}
	line, rest := clipped(line)
	at := 0
	for _, e := range escapes.FindAllStringIndex(line, -1) {
		add(line[at:e[0]])
		if codes, ok := strings.CutPrefix(line[e[0]:e[1]], "\x1b["); ok && strings.HasSuffix(codes, "m") {
			look = look.after(strings.TrimSuffix(codes, "m"))
		}
		at = e[1]
	}
	add(line[at:])
	if rest > 0 {
		all = append(all, "more", fmt.Sprintf("… %s more", plural(rest, "byte")))
	}
	return all
}

// clipped is as much of a line as is shown, and how many bytes are not.
func clipped(line string) (string, int) {
	shown := line[:min(len(line), longestLogLine)]
	return strings.ToValidUTF8(shown, ""), len(line) - len(shown)
}

// look is how text looks: colours by their numbers, 0 to 15, one higher.
type look struct {
	fore, back                          int
	bold, faint, italic, under, inverse bool
}

// after is the look once a terminal was told a list of SGR codes: 1;31.
func (l look) after(codes string) look {
	list := strings.FieldsFunc(codes, func(r rune) bool { return r == ';' || r == ':' })
	if len(list) == 0 {
		return look{}
	}
	for i := 0; i < len(list); i++ {
		code, _ := strconv.Atoi(list[i])
		if code == 38 || code == 48 {
			colour, used := paletteColour(list[i+1:])
			i += used
			if code == 38 {
				l.fore = colour
			} else {
				l.back = colour
			}
			continue
		}
		l = l.afterOne(code)
	}
	return l
}

func (l look) afterOne(code int) look {
	switch code {
	case 0:
		return look{}
	case 1:
		l.bold = true
	case 2:
		l.faint = true
	case 3:
		l.italic = true
	case 4:
		l.under = true
	case 7:
		l.inverse = true
	case 22:
		l.bold, l.faint = false, false
	case 23:
		l.italic = false
	case 24:
		l.under = false
	case 27:
		l.inverse = false
	default:
		l.fore, l.back = colour(l.fore, code, 30), colour(l.back, code, 40)
	}
	return l
}

// colour is a colour after a code, where those of the colour begin at base:
// eight, the default, and the eight bright ones 60 higher.
func colour(now, code, base int) int {
	switch n := code - base; {
	case n >= 0 && n < 8:
		return n + 1
	case n == 9:
		return 0
	case n >= 60 && n < 68:
		return n - 60 + 9
	}
	return now
}

// paletteColour reads what follows 38 and 48: 5;N, or 2;R;G;B. Of more than
// sixteen colours the page shows none, since they are made for one background.
func paletteColour(list []string) (colour, used int) {
	switch {
	case len(list) > 1 && list[0] == "5":
		if n, err := strconv.Atoi(list[1]); err == nil && n >= 0 && n < 16 {
			colour = n + 1
		}
		return colour, 2
	case len(list) > 0 && list[0] == "2":
		return 0, min(len(list), 4)
	}
	return 0, 0
}

// class names what the style sheet has for a look.
func (l look) class() string {
	var names []string
	if l.fore > 0 {
		names = append(names, "f"+strconv.Itoa(l.fore-1))
	}
	if l.back > 0 {
		names = append(names, "g"+strconv.Itoa(l.back-1))
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{{l.bold, "b"}, {l.faint, "d"}, {l.italic, "i"}, {l.under, "u"}, {l.inverse, "v"}} {
		if flag.set {
			names = append(names, flag.name)
		}
	}
	return strings.Join(names, " ")
}
