package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * With what this client proves who it is.
 *
 * @param certificate a file of certificates in PEM, its own first
 * @param key a file with its key in PEM, PKCS #8 and not encrypted
 */
record ClientCertificate(Path certificate, Path key) {

    /** Of a key store that is in memory alone. */
    static final char[] PASSWORD = "none".toCharArray();

    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    void addTo(KeyStore keys) throws GeneralSecurityException, IOException {
        List<Certificate> chain = Trust.certificates(certificate);
        keys.setKeyEntry(
                certificate.toString(),
                read(chain.getFirst().getPublicKey()),
                PASSWORD,
                chain.toArray(new Certificate[0]));
    }

    private PrivateKey read(PublicKey itsPublic) throws GeneralSecurityException, IOException {
        Matcher found = PKCS8.matcher(Files.readString(key));
        if (!found.find()) {
            throw new ImageException(
                    INVALID,
                    key + ": has no key of the form BEGIN PRIVATE KEY; \"openssl pkcs8 -topk8 -nocrypt\" makes one of"
                            + " other forms");
        }
        return KeyFactory.getInstance(itsPublic.getAlgorithm())
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1))));
    }
}
