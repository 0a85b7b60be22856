package settings

// Aliases are for the manual.
var Aliases = aliases
