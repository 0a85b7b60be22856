# Remembers the names it is asked for, and answers all of them.
use IO::Socket::INET;
$| = 1;
my %names;
my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die "no port: $!";
print "the store is open\n";
print "$ENV{GREETING}\n" if defined $ENV{GREETING};
while (my $c = $s->accept) {
  my ($name) = (<$c> // "") =~ m{^GET /(\S+)} or next;
  while (my $line = <$c>) { last if $line eq "\r\n" }
  $names{$name} = 1;
  print "registered $name\n";
  print $c "HTTP/1.0 200 OK\r\n\r\n", map { "$_\n" } sort keys %names;
  close $c;
}
