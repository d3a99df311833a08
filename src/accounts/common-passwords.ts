// Passwords that are guessed first: the best-known words, names, calendars and walks over a keyboard, in the languages that most
// people write, in lower case and without the digits and signs around them. What looks like one of them is refused (NIST SP
// 800-63B, section 3.1.1.2). Written down from general knowledge, so that no list with a licence of its own is copied here; it is
// to stop the guesses that ten tries in a quarter of an hour allow, not those of who has stolen the hashes.

const WORDS = `
password passwort passwd passcode passphrase passw pass mypassword thepassword newpassword oldpassword yourpassword
letmein letmeinnow openup opensesame sesame welcome welcomeback welcometo hello helloworld goodbye secret secrets topsecret
mysecret changeme changeit changethis changenow default guest visitor temp temporary test testing tester testtest testpass demo
example sample admin administrator adminadmin root rootroot toor superuser superman supervisor sysadmin system manager master
masterkey user username login logmein signin access accessgranted account customer client server service support backup
qwerty qwertz qwertyui qwertyuiop qwertzuiop qwertyqwerty qwer qwerasdf qweasd qweasdzxc qweqwe qwewq qazwsx qazwsxedc qazqaz
wsxedc azerty azertyuiop asdf asdfg asdfgh asdfghj asdfghjkl asdfasdf asdasd asdqwe asdzxc zxcv zxcvb zxcvbn zxcvbnm zxczxc
zaqwsx zaqxsw poiuy poiuyt poiuytrewq lkjhgf lkjhgfdsa mnbvcxz trewq qwert wasd wasdwasd yuiop hjkl ghjkl dvorak
abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abcdefghij abcabc abcdabcd alphabet xyz xyzxyz aaa
iloveyou iloveu ilove iloveme iloveyouu iluvyou loveyou loveme lovely love lovelove lover loveit loveyouforever truelove
sweetheart sweetie sweety darling honey honeybee babe baby babygirl babyboy angel angels angelina princess princesa queen
prince king kingkong cutie cutiepie beautiful gorgeous sunshine sunflower sunset summer winter autumn spring flower flowers
butterfly rainbow unicorn buttercup blossom cherry strawberry banana orange peaches apple apples pineapple coconut
chocolate cookie cookies cupcake candy sugar cheese cheesecake pepper ginger bacon pizza burger chicken peanut pancake noodle
monkey monkeys dragon dragons tiger tigers tigger lion lions eagle eagles falcon falcons hawk wolf wolves wolverine bear bears
panther panthers shark sharks dolphin dolphins horse horses pony puppy kitten kitty kittycat hellokitty doggy dogs cats
snoopy garfield scooby scoobydoo mickey mickeymouse minnie donald pluto bambi simba nemo shrek pikachu pokemon digimon naruto
sasuke goku dragonball batman spiderman ironman hulk superstar starwars startrek yoda skywalker lukeskywalker vader darthvader
gandalf frodo hobbit hogwarts harrypotter potter matrix neo trinity morpheus terminator rambo rocky bond jamesbond
football footballer soccer baseball basketball hockey softball tennis golf golfer golfing volleyball swimming cricket rugby
liverpool chelsea arsenal manchester barcelona realmadrid juventus milan intermilan everton celtic rangers yankees redsox
lakers bulls cowboys steelers packers raiders broncos giants dodgers cubs patriots dallas chicago boston london paris berlin
newyork america canada england germany france brasil brazil italia italy spain mexico australia india russia poland
michael michelle michaeljackson jordan jordanjordan jennifer jessica joshua jonathan jason james john johnny joseph david daniel
danielle andrew andrea anthony ashley amanda alexander alexandra alexis alex adrian abigail barbara benjamin brandon brian
brittany charles charlie charlotte chris christian christina christopher claudia crystal diana dennis dominic edward elizabeth
emily eric ethan george hannah heather isabella jack jackson jacob jasmine julia justin justinbieber karen katherine kevin kimberly
laura lauren linda lisa louise madison maggie margaret maria marina martin mary matthew melissa morgan natalie nathan nicholas
nicole oliver olivia patricia patrick peter rachel rebecca richard robert roberto ronaldo messi beckham samantha samuel sandra
sarah scott sebastian sophia sophie stephanie stephen steven susan taylor teresa thomas tiffany tyler vanessa veronica victoria
vincent virginia william zachary whatever whoami nothing nobody something anything someone everyone forever together friends
friend friendship bestfriend bestfriends family mother father mommy daddy sister brother jesus jesuschrist jesusislord god godbless
heaven hell satan lucifer blessed faith faithful freedom liberty peace peaceful hope happy happiness smile smiley lucky
luckyme shadow shadows ninja ninjas samurai warrior warriors soldier army navy marine marines hunter hunting killer killers
sniper assassin ranger ghost phantom phoenix thunder lightning storm blizzard fire firefly firebird flame fireman water ocean
river mountain forest earth moon moonlight star stars starlight galaxy universe saturn jupiter mercury venus apollo zeus hercules
computer internet google facebook youtube twitter instagram yahoo hotmail gmail microsoft windows linux ubuntu apple macbook
iphone samsung nokia sony playstation xbox nintendo mario supermario zelda minecraft fortnite roblox counterstrike counter
warcraft starcraft diablo halflife doom quake gamer gaming player playboy hacker hackers hack cracker trustno trustnoone
ferrari porsche mercedes corvette mustang camaro chevy chevrolet honda toyota yamaha suzuki kawasaki harley harleydavidson
ducati subaru nissan bmw audi jaguar lamborghini maserati guitar music musica metallica nirvana slipknot eminem beatles
ironmaiden blink rockstar rocknroll rock punk jazz dance dancer dancing cocacola pepsi redbull budweiser heineken whiskey vodka
money moneymoney cash dollar dollars million billionaire rich bitch fuck fuckyou fuckoff fuckme fucker motherfucker asshole
shit bullshit bastard dick pussy sexy sexybitch hottie hotstuff badboy badgirl bigboy goodboy goodgirl bigdaddy biteme
blahblah blabla yellow purple green orange silver golden gold black blackie white redred blue blueblue diamond diamonds
crystal emerald ruby pearl jewel platinum titanium killme dontknow idontknow donttell noaccess nopassword nopass noidea
1q2w3e4r 1q2w3e4r5t 1q2w3e 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1xsw2 q1w2e3r4 q1w2e3r4t5 qwe123 qwer1234 asd123 a1b2c3d4
shop shopping store order orders checkout cart perdure perdureshop
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday birthday holiday holidays vacation christmas
halloween easter newyear happynewyear weekend midnight fall season
januar februar maerz marz juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag fruehling
fruhling sommer herbst weihnachten ostern geheim geheimnis passwort kennwort meinpasswort hallo hallohallo willkommen schatz
schatzi liebe ichliebedich sonnenschein fussball bayern deutschland hamburg muenchen dortmund schalke mausi engel hase hasi
schmetterling sternchen katze hund computer testen gast frankfurt osterreich schweiz zuerich
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi samedi
dimanche printemps ete automne hiver motdepasse monmotdepasse bonjour salut soleil doudou chouchou loulou jetaime jtm amour
monamour coucou bienvenue nicolas camille marseille paris lyon france portugal algerie maroc chocolat papillon princesse cheval
chien chat azertyui azertyuio qsdfgh qsdfghjklm wxcvbn
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miercoles jueves viernes
sabado domingo primavera verano otono invierno contrasena contraseña clave miclave hola holahola bienvenido teamo tequiero amor
miamor amorcito corazon mariposa estrella princesa princesita reina rey bonita hermosa cariño carino carlos alejandro alejandra
fernando fernanda gabriel gabriela daniela valentina santiago sebastian javier miguel jesucristo diosesamor america boca river
colombia argentina mexico chile peru espana sevilla madrid futbol perro gato sol luna caballo chocolate secreto
janeiro fevereiro marco maio junho julho setembro outubro dezembro segunda terca quarta quinta sexta feira senha minhasenha
bemvindo obrigado amorzinho meuamor teamo saudade flamengo corinthians palmeiras vasco gremio cruzeiro saopaulo santos felicidade
borboleta gatinha gatinho cachorro brasil lisboa benfica sporting estrela princesa jesus deusefiel
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedi martedi mercoledi giovedi venerdi sabato domenica
estate autunno inverno parola password passwordmia ciao ciaociao amore amoremio tiamo tivoglio stella stellina principessa farfalla
andrea francesco francesca giuseppe alessandro alessandra giulia martina matteo napoli roma forzanapoli forzainter forzamilan
cucciolo tesoro gattino
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien poniedzialek wtorek sroda czwartek
piatek sobota niedziela haslo mojehaslo witaj kochanie kochamcie kocham misiek misiaczek kasia basia agnieszka bartek mateusz
polska warszawa krakow legia samsung zaq dupa kurwa motyl slonce sloneczko gwiazdka
januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag zaterdag zondag wachtwoord welkom hallo geheim
liefde schatje lieverd ajax feyenoord amsterdam nederland vlinder zonnetje
lösenord losenord hemligt hejhej sommar vinter kärlek karlek passord hemmelig sommer salasana salainen kesa talvi adgangskode
kodeord elsker
parola sifre şifre benim askim aşkım seviyorum seniseviyorum galatasaray fenerbahce besiktas istanbul turkiye merhaba
parol privet lyubov lubov solnyshko natasha sergey dmitri vladimir moskva rossiya zenit spartak пароль привет любовь йцукен йцукенг
йцукенгшщз qazwsxedcrfv
heslo ahoj milacik laska parolamea iubire heslomoje jelszo szeretlek kodord geslo lozinka sifra volimte
sayang cinta rahasia bismillah indonesia jakarta katasandi matkhau anhyeuem emyeuanh vietnam mahal mahalko ganda sarangheyo
sarang aishiteru sakura nihon tokyo pasuwado woaini woaiwojia wodemima zhongguo mima mimamima india krishna ganesh ganesha
shiva sairam jaimatadi jaihind bharat pyaar allah alhamdulillah habibi mohammed muhammad ahmed fatima omar ali
qwe qweasdzx asdasdasd zxcasd zxcasdqwe qazxsw edcvfr rfvbgt tgbnhy yhnujm ujmik qazwsx wsx edc rfv tgb yhn ujm qwertyu asdfghjk
zxcvbnmasdfghjkl poi lkj mnb mnbvcx mnbvc oiuytr plokij plmokn okmijn ijnuhb rewq fdsa vcxz asd zxc qaz
1qaz 2wsx 3edc 4rfv 123qwe 123qweasd 123qweasdzxc qwe123qwe asd123asd 1q1q1q1q 1a2b3c 1a2b3c4d a1s2d3f4 z1x2c3v4 zxc123 asdf1234
qaz123 wsx123 1w2e3r4t q2w3e4r5 0okm9ijn 1qazse4 xsw2zaq1 1qw23er4 12qw34er 12qwaszx 123abc 123asd 123zxc 1234qwer abc123
aabb aabbcc aaabbb abba abcxyz xyzabc admin administrador administrateur superadmin webmaster postmaster operator manager
usuario utilisateur benutzer utente kullanici
lol lolol lololol haha hahaha hehehe xoxo xoxoxo omg wtf yolo swag bling blessed grateful
kitty meow woof bunny rabbit hamster turtle penguin koala panda giraffe elephant zebra dinosaur dino trex snake cobra viper
spider scorpion raven crow owl duck ducky goose chick frog froggy beaver otter moose
papa mama daddy daddysgirl mummy mommyanddaddy grandma grandpa mykids myfamily mybaby mylove mylife mywife myhusband mydog mycat
soldier trooper police fbi cia nasa sheriff captain commander general major
blue red pink black white green purple turquoise lavender scarlet crimson
`;

/** The words, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));
