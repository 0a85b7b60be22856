package settings

// Aliases are for the manual.
var Aliases = aliases

// Tamed is asked what becomes of a panic.
var Tamed = tamed[int]

// ComposeKeys and what becomes of them are for the documentation.
var ComposeKeys = composeKeys

// Fates of keys of compose files.
const (
	Taken   = taken
	Below   = below
	Ignored = ignored
)
