import {
  CanfarError,
  type ContainerImage,
  closest,
  parseImageReference,
  registryHost,
  type SessionKind,
  shortImageReference,
} from "@canfar/contract";

/** An image together with the folder it is made from. */
export interface CataloguedImage extends ContainerImage {
  /** Folder of the recipe; null where a driver takes the image from its registry. */
  readonly folder: string | null;
}

/** Container Images that can be launched here. */
export class ImageCatalogue {
  readonly #images: ReadonlyMap<string, CataloguedImage>;
  readonly #registries: readonly string[];

  constructor(options: { images: readonly CataloguedImage[]; registries: readonly string[] }) {
    this.#images = new Map(options.images.map((image) => [image.id, image]));
    this.#registries = options.registries;
  }

  get registries(): readonly string[] {
    return this.#registries;
  }

  /** @param kind only images for this kind; all when absent */
  list(kind?: SessionKind): ContainerImage[] {
    const all = [...this.#images.values()];
    return kind === undefined ? all : all.filter(({ kinds }) => kinds.includes(kind));
  }

  /**
   * Finds the image for a launch.
   *
   * @param registryAuth value of the header `x-skaha-registry-auth`, if the caller sent one
   * @throws CanfarError `image.invalid_reference`, `image.registry_not_allowed`, `image.unknown`, `image.wrong_kind`,
   *   `request.invalid` where `registryAuth` is not base64 of `username:secret`
   */
  find(reference: string, options: { kind: SessionKind; registryAuth: string | undefined }): CataloguedImage {
    const id = parseImageReference(reference);
    if (!this.#registries.includes(registryHost(id))) {
      throw new CanfarError("image.registry_not_allowed", {
        message: `session image '${reference}' must come from one of [${this.#registries.join(", ")}]`,
        hint: "List images with `canfar image ls`.",
      });
    }
    const image = this.#images.get(id);
    if (image === undefined) throw this.#unknown(id, options.registryAuth);
    if (!image.kinds.includes(options.kind)) throw wrongKind(image, options.kind);
    return image;
  }

  #unknown(id: string, registryAuth: string | undefined): CanfarError {
    if (registryAuth !== undefined) checkRegistryAuth(registryAuth);
    const short = shortImageReference(id);
    const names = [...this.#images.keys()].map(shortImageReference);
    const near = closest(short, names);
    const reason =
      registryAuth === undefined
        ? "No authentication provided for unknown or private image (header x-skaha-registry-auth)"
        : "this platform does not fetch private images";
    return new CanfarError("image.unknown", {
      message: `there is no image '${short}' here${near === null ? "" : `; did you mean '${near}'?`} [${reason}]`,
      hint: `${near === null ? "" : `Try ${near}. `}\`canfar image ls\` lists the images.`,
      details: { image: id, ...(near === null ? {} : { didYouMean: near }) },
    });
  }
}

function checkRegistryAuth(header: string): void {
  const text = Buffer.from(header, "base64").toString("utf8");
  const [username, ...secret] = text.split(":");
  if (username && secret.join(":")) return;
  throw new CanfarError("request.invalid", {
    message: "Invalid input.  Must be in form of username:secret",
    hint: "Send x-skaha-registry-auth as base64 of username:secret.",
  });
}

function wrongKind(image: CataloguedImage, kind: SessionKind): CanfarError {
  return new CanfarError("image.wrong_kind", {
    message: `image '${shortImageReference(image.id)}' is for ${image.kinds.join(", ")} sessions, not for ${kind}`,
    hint: `\`canfar image ls -k ${kind}\` lists the images for ${kind} sessions.`,
    details: { image: image.id, kinds: image.kinds },
  });
}
