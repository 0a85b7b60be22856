// Package settings is what the user asked for: the PLUGIN_* variables of a CI
// step and the keys of packages.yml, read strictly, defaulted and validated
// once, with all problems told at once.
//
//	settings -> plan -> run -> results -> reports
//	========
//
//	s, warnings, err := settings.Load(os.Environ(), os.DirFS("."))
//
// The types are the reference manual: their comments become docs/settings.md,
// the README's table and the schema of packages.yml.
package settings
