/** Astronomers and stars: what a Session is called when nobody names it. */
const NAMES = `
achernar acrux adhara albireo alcor aldebaran algol alhazen alioth alnilam alnitak altair antares arcturus argelander
aryabhata atria avior baade babcock bahcall banneker barnard bayer bellatrix bessel betelgeuse bode bok bondi bradley
brahe burbidge burnell callisto cannon canopus capella cassini castor celsius chandra chandrasekhar cheseaux clavius
copernicus curtis dawes delambre deneb denebola diphda draper dreyer dubhe dyson eddington elnath eltanin encke enif
eratosthenes faber fleming flamsteed fomalhaut fowler fraunhofer friedmann galileo galle gamow gemma gienah gill goldreich
goodricke hale halley hamal hawking helmholtz henyey herschel hertzsprung hevelius hipparchus hogg hoyle hubble huggins
humason huygens hypatia izar jansky jeans kapteyn keeler kepler khayyam kirch kirchhoff kochab kuiper lacaille lagrange
lalande laplace lassell leavitt lemaitre lockyer lovell lowell lyot markab mayall mayer meissa menkar merak messier mira
mirach mirfak mizar nunki olbers oort oppenheimer payne peebles penzias phecda piazzi pickering plaskett pleione polaris
pollux procyon ptolemy rasalhague reber regulus rigel roberts roemer rubin russell ruticulata sabik sagan saha salpeter
sandage scheat schiaparelli schmidt schwarzschild seyfert shapley shaula sirius sitterly slipher somerville spica spitzer
struve swope tarter tombaugh toomre trumpler ulugh vega vera vogel vyssotsky weizsacker wezen wilson wolf zach zwicky
`
  .trim()
  .split(/\s+/);

/** A name such as `leavitt-4f2`: the ending keeps two unnamed Sessions apart. */
export function randomSessionName(random: () => number = Math.random): string {
  const name = NAMES[Math.floor(random() * NAMES.length)] ?? "vega";
  const ending = Math.floor(random() * 36 ** 3)
    .toString(36)
    .padStart(3, "0");
  return `${name}-${ending}`;
}
