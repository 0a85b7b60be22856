// Standin-mongo stands in for MongoDB where none can be had. It keeps no
// data: it answers hello and ping, which is what drivers and readiness probes
// ask first, and says of anything else that it is a stand-in.
//
// As mongod it serves port 27017, or --port; as mongosh it asks the one on
// this machine for a ping, whatever expression with ping in it it is given:
//
//	mongosh --quiet --eval "db.adminCommand('ping')"
//
// It imports nothing of ours, and nothing of ours imports it: lab/services.sh
// makes an image of it.
package main
