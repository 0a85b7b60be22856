package plugin

import "testing"

func TestOnlyAPersonsTerminalIsDrivenLive(t *testing.T) {
	screen := func() (columns, rows int) { return 80, 24 }
	for name, tt := range map[string]struct {
		environ []string
		screen  func() (columns, rows int)
		want    bool
	}{
		"a terminal":              {[]string{"TERM=xterm"}, screen, true},
		"a file":                  {nil, nil, false},
		"no colours wanted":       {[]string{"NO_COLOR=1"}, screen, false},
		"NO_COLOR that is empty":  {[]string{"NO_COLOR="}, screen, true},
		"a terminal of few means": {[]string{"TERM=dumb"}, screen, false},
		"some CI system":          {[]string{"CI=1"}, screen, false},
		"Drone":                   {[]string{"DRONE=true", "TERM=xterm"}, screen, false},
	} {
		if got := (World{Environ: tt.environ, Screen: tt.screen}).live() != nil; got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
