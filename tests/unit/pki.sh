#!/bin/sh
# pki.sh DIR - make authorities and certificates for the unit tests in DIR.
#
# NAME.crt (PEM), NAME.der, NAME.key.der; certificates are valid from 2026 to
# 2030, and the tests' clock stands at 2027-06-01, so that they never expire.
set -eu
cd "$1"

cat >conf <<'END'
[ca]
default_ca = test
[test]
database = index
serial = serial
new_certs_dir = .
policy = any
unique_subject = no
default_md = sha256
email_in_dn = no
[any]
commonName = optional
organizationName = optional
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[inter]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
extendedKeyUsage = serverAuth,clientAuth
[mail]
basicConstraints = critical,CA:TRUE
extendedKeyUsage = emailProtection
[confined]
basicConstraints = critical,CA:TRUE
nameConstraints = permitted;DNS:corp.example
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:good.example,DNS:*.wild.example
[plain]
subjectAltName = DNS:good.example
[client]
extendedKeyUsage = clientAuth
subjectAltName = DNS:good.example
[critical]
extendedKeyUsage = critical,serverAuth
subjectAltName = DNS:good.example
[nosan]
extendedKeyUsage = serverAuth
END
: >index
echo 1000 >serial

rsa() {
	openssl genrsa -traditional -out "$1.key" "$2"
	openssl rsa -in "$1.key" -traditional -outform DER -out "$1.key.der"
}

ec() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
	openssl ec -in "$1.key" -outform DER -out "$1.key.der"
}

# cert NAME KEY ISSUER EXTENSIONS SUBJECT [FROM [TO [OPTION...]]]; an issuer
# of '-' is the key itself.
cert() {
	name=$1 key=$2 issuer=$3 extensions=$4 subject=$5
	from=${6:-20260101000000Z} to=${7:-20300101000000Z}
	shift 5
	[ $# = 0 ] || shift
	[ $# = 0 ] || shift
	if [ "$issuer" = - ]; then
		set -- -selfsign -keyfile "$key.key" "$@"
	else
		set -- -cert "$issuer.crt" -keyfile "$(cat "$issuer.by")" "$@"
	fi
	openssl req -new -config conf -key "$key.key" -subj "$subject" -out csr
	openssl ca -batch -notext -config conf -extensions "$extensions" \
	    -startdate "$from" -enddate "$to" -in csr -out "$name.crt" "$@"
	echo "$key.key" >"$name.by"
	openssl x509 -in "$name.crt" -outform DER -out "$name.der"
}

rsa r1 2048
rsa r2 2048
rsa r3 2048
rsa small 1024
ec e1
ec e2

cert root r1 - root '/O=Test/CN=Test Root'
cert twin r3 - root '/O=Test/CN=Test Root'
cert inter r2 root inter '/O=Test/CN=Test CA'
cert twininter r1 root inter '/O=Test/CN=Test CA'
cert good r3 inter leaf '/CN=good'
cert expired r3 inter leaf '/CN=good' 20260101000000Z 20260201000000Z
cert future r3 inter leaf '/CN=good' 20290101000000Z 20300101000000Z
cert oldca r2 root inter '/O=Test/CN=Old CA' 20260101000000Z 20260201000000Z
cert byoldca r3 oldca leaf '/CN=good'
cert weak small inter leaf '/CN=good'
cert sha1 r3 inter leaf '/CN=good' '' '' -md sha1
cert client r3 inter client '/CN=good'
cert critical r3 inter critical '/CN=good'
cert nosan r3 inter nosan '/CN=good.example'
cert mail r2 root mail '/O=Test/CN=Mail CA'
cert bymail r3 mail leaf '/CN=good'
cert confined r2 root confined '/O=Test/CN=Confined CA'
cert byconfined r3 confined leaf '/CN=good'
cert bygood r2 good plain '/CN=below'
cert self r3 - plain '/CN=self'
cert weakroot small - root '/CN=Weak Root'
cert byweak r3 weakroot leaf '/CN=good'
cert eroot e1 - root '/O=Test/CN=Test EC Root'
cert einter e2 eroot inter '/O=Test/CN=Test EC CA'
cert egood e1 einter leaf '/CN=good'

# Bundles.
{
	echo 'Text before, and a block of another kind.'
	sed 's/CERTIFICATE/TRUSTED CERTIFICATE/' twin.crt
	echo '-----BEGIN CERTIFICATE-----'
	echo 'this is not base64'
	echo '-----END CERTIFICATE-----'
	sed 's/$/\r/' root.crt
} >mixed.pem
cat eroot.crt root.crt >both.pem
cat twin.crt root.crt >twins.pem
for _ in 1 2 3 4; do
	cat twin.crt twin.crt twin.crt twin.crt twin.crt
done >many.pem
head -c 700 good.der >cut.der
echo 'no certificate here' >empty.pem
