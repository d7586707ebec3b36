#!/usr/bin/env bash
# Apache Kafka, one KRaft node on loopback, in the foreground: for development and tests on a machine with Java 17 and
# Maven but without Docker. Nothing is installed system-wide, and root is not needed.
#
# usage: deploy/local/kafka.sh [-p PORT] [-c CONTROLLER_PORT] [-x PORT=ADVERTISED_PORT] [-d DIR]
#        deploy/local/kafka.sh --jars      download the jars if they are not there, and print their folder
#
# -p  clients connect here (9092)             -c  the node talks to itself here (9093)
# -x  a second listener that tells clients to come through another port, where a proxy forwards to it
# -d  data, kept from run to run (RISKSTREAM_KAFKA_HOME/data)
# RISKSTREAM_KAFKA_HOME: jars and data; by default .riskstream/kafka beside this repository's README.
# Exit code 2: Java or Maven is missing, or the jars could not be had.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${RISKSTREAM_KAFKA_HOME:-$here/../../.riskstream/kafka}
port=9092 controller=9093 proxied="" data="" jars_only=""
while [ $# -gt 0 ]; do
  case $1 in
    -p) port=$2; shift 2 ;;
    -c) controller=$2; shift 2 ;;
    -x) proxied=$2; shift 2 ;;
    -d) data=$2; shift 2 ;;
    --jars) jars_only=yes; shift ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

fail() { echo "kafka.sh: $1" >&2; exit 2; }

# A folder of jars appears complete or not at all, also when two runs want it at once.
sum=$(cksum < "$here/kafka/pom.xml" | cut -d ' ' -f 1)
mkdir -p "$home"
home=$(cd "$home" && pwd)
jars="$home/jars-$sum"
if [ ! -d "$jars" ]; then
  command -v mvn > /dev/null || fail "needs mvn to download Kafka (apt-get install maven)"
  new=$(mktemp -d "$home/new-XXXXXX")
  mvn -q -B -Dstyle.color=never -f "$here/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$new" >&2 ||
    { rm -rf "$new"; fail "Maven could not download Kafka"; }
  mv -T "$new" "$jars" 2> /dev/null || rm -rf "$new"
fi
command -v java > /dev/null || fail "needs java, version 17 or newer (apt-get install openjdk-17-jre-headless)"
[ -z "$jars_only" ] || { echo "$jars"; exit 0; }

data=${data:-$home/data}
mkdir -p "$data"
listeners="PLAINTEXT://127.0.0.1:$port" advertised="PLAINTEXT://127.0.0.1:$port"
if [ -n "$proxied" ]; then
  listeners="$listeners,PROXIED://127.0.0.1:${proxied%=*}" advertised="$advertised,PROXIED://127.0.0.1:${proxied#*=}"
fi
cat > "$data/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$advertised
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
log.dirs=$data/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.delete.delay.ms=1000
CONF

run=(java "-Dlog4j2.configurationFile=$here/kafka/log4j2.properties" -Djava.awt.headless=true -cp "$jars/*")
[ -f "$data/log/meta.properties" ] ||
  "${run[@]}" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$data/server.properties" > /dev/null
exec "${run[@]}" -Xms512m -Xmx512m kafka.Kafka "$data/server.properties"
